import { TheoryEs } from "@/features/help/components/theory-es";
import { UsageEs } from "@/features/help/components/usage-es";

export function HelpEs({ topic }: { topic: "docs" | "theory" }) {
  return topic === "docs" ? <UsageEs /> : <TheoryEs />;
}
