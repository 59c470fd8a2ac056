"""Networks and what opens them: checkpoints as data, ONNX sessions, upstream's classes. Below
``blocks``: a network computes, a block decides what is done with the answer."""
