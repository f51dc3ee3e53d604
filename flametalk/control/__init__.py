"""Steering a clip after it was generated, or a generator before it runs; nothing is trained again."""
