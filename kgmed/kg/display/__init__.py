"""How values show in a notebook: HTML that needs no script, no style sheet and no network.

Styles are inline, as viewers of notebooks drop style sheets, and take the page's own colour for
text and lines, so that light and dark themes both do. Where a colour says something, a sign or a
word says it, too. Every text is escaped, and everything is bounded: what isn't shown is counted.
"""
