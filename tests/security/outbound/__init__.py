"""What no outgoing request may reach, asked of every place that sends one."""
