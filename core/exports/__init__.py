"""Exports of runs: tables, curves, event files and pages."""
