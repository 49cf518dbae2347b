"""Exchange of services with other systems: feeds become drafts, our services become a feed.

A draft is never part of the catalogue by itself. It is a file for an editor, who completes it and
puts it in `data/catalogue/services/`.
"""
