"""An action package that fails as real ones could: with what somebody said in its hands."""

from rasa_sdk import Action


class ActionFail(Action):
    def name(self):
        return "action_fail"

    async def run(self, dispatcher, tracker, domain):
        said = tracker.latest_message["text"]
        raise ValueError(f"cannot read {said}")
