"""What agents use: tools that answer with evidence, the MCP server that offers them, its route."""
