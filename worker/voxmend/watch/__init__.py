"""The watch folder: sound files that come to rest in a folder are mended, each once."""
