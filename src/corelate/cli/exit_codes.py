"""Exit codes that several commands share; errors bring their own."""

INTERRUPTED = 130  # 128 + SIGINT, as shells count
