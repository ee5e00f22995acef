/** The manual and what it leads to, in an installation and in a package; see documents.mjs. */
export declare const DOCUMENTS: readonly string[];
export declare function packagedPlace(place: string): string;
export declare function withPackagedLinks(text: string, place: string): string;
export declare function packageDocuments(program: string, stage: string): void;
