/**
 * What each destination's form asks for. Labels and hints are in the texts as bot.field.<platform>.<name> and
 * bot.hint.<platform>.<name>, the steps to get there as bot.steps.<platform>, one line each. `kind` is "secret", "list" (one
 * a line), "check", or text. Feishu has two kinds of bots, with fields of their own.
 */
export const PLATFORMS = {
  discord: {
    default: [
      { name: "webhook_url", kind: "secret", required: true, hint: true },
      { name: "thread_id", hint: true },
      { name: "username", hint: true },
      { name: "silent", kind: "check" },
    ],
  },
  telegram: {
    default: [
      { name: "bot_token", kind: "secret", required: true, hint: true },
      { name: "chat_id", required: true, hint: true },
      { name: "message_thread_id", hint: true },
      { name: "disable_notification", kind: "check" },
    ],
  },
  feishu: {
    app: [
      { name: "app_id", required: true, hint: true },
      { name: "app_secret", kind: "secret", required: true },
      { name: "chat_id", required: true, hint: true },
    ],
    hook: [
      { name: "webhook_url", kind: "secret", required: true, hint: true },
      { name: "secret", kind: "secret", hint: true },
      { name: "keyword", hint: true },
    ],
  },
  kook: {
    default: [
      { name: "bot_token", kind: "secret", required: true },
      { name: "channel_id", hint: true },
    ],
  },
  wecom: {
    default: [
      { name: "robot_id", required: true, hint: true },
      { name: "target_groups", kind: "list", hint: true },
    ],
  },
  webhook: {
    default: [
      { name: "url", required: true, hint: true },
      { name: "secret", kind: "secret", hint: true },
    ],
  },
};

export const PLATFORM_NAMES = Object.keys(PLATFORMS);

/** Which of a platform's forms a kept configuration was made with. */
export function variantOf(platform, config = {}) {
  if (platform === "feishu") return "webhook_url" in config ? "hook" : "app";
  return "default";
}

/** What a mapping's target is when nobody names another: the place the bot is set to. */
export function defaultTarget(bot) {
  const { chat_id: chat, channel_id: channel, thread_id: thread, target_groups: groups } = bot.config;
  return String(chat ?? channel ?? (thread ? `thread:${thread}` : (groups?.[0] ?? "default")));
}
