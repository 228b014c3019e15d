"""What a server answers, whole: completions, errors, lists."""
