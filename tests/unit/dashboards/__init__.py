"""Dashboards, judged by the rules of dashboard-linter and by promtool."""
