"""The server: a pure core, and the thin shells that carry its replies.

Import what you need from the module that has it: ``mockserver.engine.Engine``,
``mockserver.app.App``, ``mockserver.serve.serving``. Nothing is loaded that is not used.
"""

__all__: list[str] = []
