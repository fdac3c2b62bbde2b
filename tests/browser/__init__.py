"""Tests in a real browser: every kind of page, in both languages, on a phone and on a desk."""
