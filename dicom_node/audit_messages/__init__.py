"""The audit trail as DICOM audit messages (PS3.15 A.5), by syslog (PS3.15 A.6)."""
