"""Contracts that every attention module must hold, built in or from a user's file."""
