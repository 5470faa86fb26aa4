import { QueryClientProvider } from "@tanstack/react-query";

import { CrashGuard } from "@/app/crash-guard";
import { Pages } from "@/app/pages";
import { Shell } from "@/app/shell";
import { createQueryClient } from "@/lib/api/query-client";
import { LanguageProvider } from "@/lib/i18n/language-provider";

const queryClient = createQueryClient();

export function App() {
  return (
    <LanguageProvider>
      <QueryClientProvider client={queryClient}>
        <Shell>
          <CrashGuard>
            <Pages />
          </CrashGuard>
        </Shell>
      </QueryClientProvider>
    </LanguageProvider>
  );
}
