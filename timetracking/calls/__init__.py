"""Calls and messages: logged, tried, and the texts that notes begin from."""
