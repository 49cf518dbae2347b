"""Tables of the catalogue. Its content comes from `data/catalogue/`, never typed in by hand."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from bot.database import Base


class Provider(Base):
    """An organisation, or a desk of a gemeente, that offers services."""

    __tablename__ = "provider"

    id = sa.Column(sa.String(80), primary_key=True)
    name = sa.Column(sa.String(120), nullable=False)
    kind = sa.Column(sa.String(40), nullable=False, index=True)
    phone = sa.Column(sa.String(40))
    hours = sa.Column(sa.JSON(none_as_null=True))
    hours_note = sa.Column(sa.String(300))
    handover = sa.Column(sa.JSON(none_as_null=True))
    url = sa.Column(sa.String(300))
    gemeenten = sa.Column(sa.JSON, nullable=False)
    reviewed_on = sa.Column(sa.Date, nullable=False)
    review_by = sa.Column(sa.Date, nullable=False)
    sources = relationship(
        "Source", primaryjoin="Provider.id == foreign(Source.provider_id)", cascade="all, delete"
    )


class Service(Base):
    """Something that an entrepreneur can use: a scheme, a course, a desk, a loan."""

    __tablename__ = "service"

    id = sa.Column(sa.String(80), primary_key=True)
    name = sa.Column(sa.String(120), nullable=False)
    provider_id = sa.Column(sa.ForeignKey("provider.id"), nullable=False, index=True)
    status = sa.Column(sa.String(10), nullable=False)
    is_desk = sa.Column(sa.Boolean, nullable=False)
    summary = sa.Column(sa.Text, nullable=False)
    conditions = sa.Column(sa.JSON, nullable=False)
    first_step = sa.Column(sa.Text, nullable=False)
    duration = sa.Column(sa.Text)
    results = sa.Column(sa.Text)
    figures = sa.Column(sa.JSON, nullable=False)
    upl = sa.Column(sa.JSON, nullable=False)
    url = sa.Column(sa.String(300))
    reviewed_on = sa.Column(sa.Date, nullable=False)
    review_by = sa.Column(sa.Date, nullable=False)
    provider = relationship(Provider)
    facets = relationship("ServiceFacet", cascade="all, delete-orphan")
    sources = relationship(
        "Source", primaryjoin="Service.id == foreign(Source.service_id)", cascade="all, delete"
    )

    def facet(self, name: str) -> list[str]:
        """The values of one facet: `phase`, `need`, `target_group` or `gemeente`."""
        return [facet.value for facet in self.facets if facet.name == name]


class ServiceFacet(Base):
    """One value by which a service can be found; no `gemeente` at all means the whole country."""

    __tablename__ = "service_facet"

    service_id = sa.Column(sa.ForeignKey("service.id", ondelete="CASCADE"), primary_key=True)
    name = sa.Column(sa.String(16), primary_key=True)
    value = sa.Column(sa.String(80), primary_key=True)


class Answer(Base):
    """What the bot says about a topic, with variants for a situation or a phase.

    A move in the conversation (goodbye, who are you) has one too, without next step or sources.
    """

    __tablename__ = "answer"

    topic = sa.Column(sa.String(60), primary_key=True)
    text = sa.Column(sa.Text, nullable=False)
    watch_out = sa.Column(sa.Text)
    offer = sa.Column(sa.JSON(none_as_null=True))
    next_step = sa.Column(sa.Text)
    services = sa.Column(sa.JSON, nullable=False)
    related = sa.Column(sa.JSON, nullable=False)
    variants = sa.Column(sa.JSON, nullable=False)
    reviewed_on = sa.Column(sa.Date)
    review_by = sa.Column(sa.Date)
    sources = relationship(
        "Source", primaryjoin="Answer.topic == foreign(Source.topic)", cascade="all, delete"
    )


class Source(Base):
    """Where a provider, service or answer has its facts from."""

    __tablename__ = "source"

    id = sa.Column(sa.Integer, primary_key=True)
    provider_id = sa.Column(sa.ForeignKey("provider.id", ondelete="CASCADE"))
    service_id = sa.Column(sa.ForeignKey("service.id", ondelete="CASCADE"))
    topic = sa.Column(sa.ForeignKey("answer.topic", ondelete="CASCADE"))
    title = sa.Column(sa.String(300), nullable=False)
    date = sa.Column(sa.String(40), nullable=False)
    url = sa.Column(sa.String(500))
    seed = sa.Column(sa.String(8))


class CatalogueVersion(Base):
    """Fingerprint of the content that the tables were filled from; one row."""

    __tablename__ = "catalogue_version"

    fingerprint = sa.Column(sa.String(64), primary_key=True)
