import { Fragment, h } from "preact";
import { hours } from "../hours";
import { useChat } from "./context";

/** When and how people of the gemeente can be reached. */
export function Contact() {
  const { settings, labels } = useChat();
  if (!settings.hours && !settings.phone) return null;
  const known = settings.hours ? hours(settings.hours, new Date(), settings.language) : null;
  return (
    <p class="contact">
      {known ? labels.reachable(known.text) : labels.reachableByPhone}
      {known && known.open !== null && <> {known.open ? labels.openNow : labels.closedNow}</>}
      {settings.phone && (
        <>
          {" "}
          <a href={`tel:${settings.phone.replace(/[^\d+]/g, "")}`}>
            {labels.call} {settings.phone}
          </a>
        </>
      )}
    </p>
  );
}
