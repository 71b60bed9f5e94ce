"""Developer labels: rows read by a person who does not see the gold first, and how often the two agree.

They are the project's own developers' reading, never lawyers'.
"""
