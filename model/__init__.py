"""The model: tokenizer, encoder, token classifier, relation head, decoding, `Extractor`.

Enters: text and records. Leaves: records. Knows `khabar.data` alone.
"""
