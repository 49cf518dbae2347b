"""How fast the webhook of WhatsApp acknowledges messages, beside the simplest one there can be."""
