import { TheoryEn } from "@/features/help/components/theory-en";
import { UsageEn } from "@/features/help/components/usage-en";

export function HelpEn({ topic }: { topic: "docs" | "theory" }) {
  return topic === "docs" ? <UsageEn /> : <TheoryEn />;
}
