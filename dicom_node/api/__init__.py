"""The HTTP door: API, DICOMweb, monitoring."""
