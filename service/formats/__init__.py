"""What was heard, or where a text was heard, as the files that people use.

    Transcript | Alignment -> document_of -> Document -> (cues) -> a writer of the table -> bytes

One writer a file, and one table of them. Pure: neither models nor HTTP are known here.
"""
