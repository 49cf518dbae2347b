import { h } from "preact";
import { render } from "preact";

import type { Settings } from "./settings";
import styles from "./styles.css";
import { App } from "./ui/app";

export const NAME = "startwijzer-chat";

/** The chat as an element: in a shadow root, so that no style of the site comes in and none of ours goes out. */
export class StartwijzerChat extends HTMLElement {
  /** Given before the element is put in the page. */
  settings!: Settings;
  /** For browsers without constructable stylesheets, under a policy that asks for a nonce. */
  nonce_ = "";

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    this.lang = this.settings.language;
    this.style_(root);
    render(<App settings={this.settings} host={this} />, root);
  }

  disconnectedCallback(): void {
    render(null, this.shadowRoot!);
  }

  private style_(root: ShadowRoot): void {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
      root.adoptedStyleSheets = [sheet];
    } catch {
      const style = document.createElement("style");
      style.nonce = this.nonce_;
      style.textContent = styles;
      root.append(style);
    }
  }
}
