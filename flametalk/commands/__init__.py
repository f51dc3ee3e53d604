"""The commands, one a file: `add(commands)` describes it, `run(options)` does it."""
