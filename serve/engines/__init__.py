"""The built-in engines; each serves one model behind `deskwright.plugins.Engine`."""
