"""kill -9 at every named point and at random: nothing acknowledged is lost, nothing is decided twice.

`campaign.py` is the parent: it loads the knowledge base once, then forks one life of the program after another on the
same database (`life.py`), each of which is killed, and checks at the end what is in the database (`check.py`) against
what the lives wrote down outside it (`journal.py`).
"""
