"""Load scenarios against one worker, and what they cost. Figures are CPU of the server per operation, within one run."""
