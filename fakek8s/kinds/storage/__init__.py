"""The storage group: classes, CSI drivers and attachments."""
