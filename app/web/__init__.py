"""Web: the floor under every page and endpoint.

Owns: the door, requests and answers, cookies, forms, headers, layout, languages, error pages, health, metrics, logs.
Does not own: who anybody is, or what anybody may have. Rooms above give it values to show.
"""
