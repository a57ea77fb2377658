"""How faithful fakek8s is: recorded answers of a real kube-apiserver, played against a server.

Data lies in `transcripts/`; the modules here read it, play it, normalise and compare. Nothing
here imports fakek8s: the player judges any server by its answers alone.
"""
