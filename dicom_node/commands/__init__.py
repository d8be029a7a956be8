"""What each command of ``cspine-node`` does; ``dicom_node.cli`` says how it is typed."""
