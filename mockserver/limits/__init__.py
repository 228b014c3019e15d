"""Limits of requests and tokens, as the API keeps them: token buckets, headers, refusals."""
