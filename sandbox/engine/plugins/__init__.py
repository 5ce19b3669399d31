"""Stand-ins for the official resource plugins that no package registry carries.

They serve the tokens of the resources that this project uses against the real servers. A program is written for the
official plugins: a stand-in accepts and rejects what they do, and leaves the same inputs, outputs and ids in the state,
so that a stack can move between the two. Where an official plugin loses data or hides a failure, the stand-in does not
follow; each such place says so in a comment that starts with "Unlike the official plugin".
"""
