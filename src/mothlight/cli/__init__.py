"""The command line: one file per command or group of commands. To add one: a file, and a line in `app.COMMANDS`."""
