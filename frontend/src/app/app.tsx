import { QueryClientProvider } from "@tanstack/react-query";

import { CrashGuard } from "@/app/crash-guard";
import { LabLanguage } from "@/app/lab-language";
import { Pages } from "@/app/pages";
import { Shell } from "@/app/shell";
import { createQueryClient } from "@/lib/api/query-client";

const queryClient = createQueryClient();

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <LabLanguage>
        <Shell>
          <CrashGuard>
            <Pages />
          </CrashGuard>
        </Shell>
      </LabLanguage>
    </QueryClientProvider>
  );
}
