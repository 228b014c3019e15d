"""Scripted answers: rules that say what is answered to which request."""
