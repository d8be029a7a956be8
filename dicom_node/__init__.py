"""The DICOM node: receive, judge, analyse, report, deliver."""
