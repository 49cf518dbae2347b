import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { Conversation } from "../conversation";
import type { Labels } from "../labels";
import type { Settings } from "../settings";

/** What every part of the window needs. */
export interface Chat {
  settings: Settings;
  labels: Labels;
  conversation: Conversation;
  /** Says a text to screen readers, once. */
  announce: (text: string, lang?: string) => void;
}

export const ChatContext = createContext<Chat | null>(null);

export function useChat(): Chat {
  return useContext(ChatContext)!;
}
