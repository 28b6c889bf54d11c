"""What may be public: declared cube, snapshot builder, independent auditor."""
