"""WhatsApp without the network: who talks, what came in, how the bot's words look there."""
