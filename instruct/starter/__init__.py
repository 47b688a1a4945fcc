"""Public conversations, books and invented dialogues -> all that the small base model of the product is trained on."""
