"""The WeCom robots: their users, activation codes, devices and commands."""
