"""All tables in one place, for the migrations and for the test that compares the two."""

from bot.assessment import model as assessment
from bot.catalogue import model as catalogue
from bot.conversations import model as conversations
from bot.database import Base
from bot.privacy import model as privacy
from bot.referral import model as referral

MODELS = (assessment, catalogue, conversations, privacy, referral)
METADATA = Base.metadata
