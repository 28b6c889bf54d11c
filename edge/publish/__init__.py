"""What becomes public: a declared cube, a builder, an auditor of its own, releases, Datasette."""

from edge.publish.build import Published, build_current, build_into
from edge.publish.errors import AuditFailed, PublishError

__all__ = ["AuditFailed", "PublishError", "Published", "build_current", "build_into"]
