"""The admin API below ``/__understudy/``: what a test in any language can see and change."""
