"""All tables in one place, for the migrations and for the test that compares the two."""

from bot.assessment import model as assessment
from bot.catalogue import model as catalogue
from bot.conversations import model as conversations
from bot.database import Base
from bot.privacy import erasure_model as erasure
from bot.privacy import model as privacy
from bot.referral import model as referral
from bot.review import model as review
from bot.review import work_model as review_work
from bot.staff import model as staff
from bot.whatsapp import model as whatsapp

MODELS = (
    assessment,
    catalogue,
    conversations,
    erasure,
    privacy,
    referral,
    review,
    review_work,
    staff,
    whatsapp,
)
METADATA = Base.metadata
