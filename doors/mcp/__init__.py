"""The door for other people's agents: the Model Context Protocol over the same desk as the page."""
